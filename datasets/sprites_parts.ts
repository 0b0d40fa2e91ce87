/** The parts of which a sprite consists, by DiceBear's option names, and the labels that they give. */

/** Width and height of a sprite in pixels. */
export const SIZE = 16;

/** The chosen value of every option that DiceBear knows; probabilities are 0 or 100. */
export type Attributes = Readonly<Record<string, string | number>>;

/** Variants of every part; a label is given by the word before the digits, where it says something. */
export const variants = {
  hair: [...numbered("short", 24), ...numbered("long", 21)],
  eyes: numbered("variant", 12),
  mouth: [...numbered("happy", 13), ...numbered("sad", 10)],
  clothing: numbered("variant", 23),
  hat: numbered("variant", 10),
  glasses: [...numbered("dark", 7), ...numbered("light", 7)],
  beard: numbered("variant", 8),
  accessories: numbered("variant", 4),
} as const;

/** Colours of every part: hexadecimal RGB, and the family under which it is labelled. */
export const colours = {
  skinColor: {
    "ffdbac": "light",
    "f5cfa0": "light",
    "eac393": "light",
    "e0b687": "medium",
    "cb9e6e": "medium",
    "b68655": "medium",
    "a26d3d": "dark",
    "8d5524": "dark",
  },
  hairColor: {
    "cab188": "blond",
    "a78961": "blond",
    "603a14": "brown",
    "83623b": "brown",
    "603015": "brown",
    "611c17": "auburn",
    "612616": "auburn",
    "28150a": "black",
    "009bbd": "blue",
    "bd1700": "red",
    "91cb15": "green",
  },
  eyesColor: {
    "76778b": "grey",
    "697b94": "blue",
    "647b90": "blue",
    "5b7c8b": "teal",
    "588387": "teal",
    "876658": "brown",
  },
  clothingColor: {
    "5bc0de": "blue",
    "428bca": "blue",
    "03396c": "blue",
    "88d8b0": "green",
    "44c585": "green",
    "00b159": "green",
    "ff6f69": "red",
    "d11141": "red",
    "ae0001": "red",
    "ffeead": "yellow",
    "ffd969": "yellow",
    "ffc425": "yellow",
  },
  mouthColor: { "d29985": "", "c98276": "", "e35d6a": "", "de0f0d": "" },
  hatColor: {
    "2e1e05": "",
    "2663a3": "",
    "989789": "",
    "3d8a6b": "",
    "cc6192": "",
    "614f8a": "",
    "a62116": "",
  },
  glassesColor: {
    "4b4b4b": "",
    "323232": "",
    "191919": "",
    "43677d": "",
    "5f705c": "",
    "a04b5d": "",
  },
  accessoriesColor: { "daa520": "", "ffd700": "", "fafad2": "", "d3d3d3": "", "a9a9a9": "" },
} as const;

/** Share of the sprites that have the part; two to three times DiceBear's own, so that a small set shows all. */
export const optionalParts = { hat: 0.15, glasses: 0.25, beard: 0.1, accessories: 0.15 } as const;

/** Columns of the label array. A colour or a variant that its part hides is not labelled. */
export const labelNames: readonly string[] = [
  "hair=short",
  "hair=long",
  ...families("hair_colour", colours.hairColor),
  ...families("skin", colours.skinColor),
  ...families("eyes", colours.eyesColor),
  "mouth=happy",
  "mouth=sad",
  ...families("clothing", colours.clothingColor),
  "hat",
  "glasses=dark",
  "glasses=light",
  "beard",
  "accessories",
];

/** The labels of a sprite: 0 or 1 per column of `labelNames`. */
export function labelsOf(attributes: Attributes): Uint8Array {
  const word = (part: string) => String(attributes[part]).replace(/\d+$/, "");
  const family = (part: keyof typeof colours) =>
    (colours[part] as Record<string, string>)[attributes[part]];
  const shown = (part: string) => attributes[`${part}Probability`] === 100;
  const present = new Set([
    `hair=${word("hair")}`,
    `hair_colour=${family("hairColor")}`,
    `skin=${family("skinColor")}`,
    `eyes=${family("eyesColor")}`,
    `mouth=${word("mouth")}`,
    `clothing=${family("clothingColor")}`,
    shown("glasses") ? `glasses=${word("glasses")}` : "",
    ...["hat", "beard", "accessories"].filter(shown),
  ]);
  return Uint8Array.from(labelNames, (name) => present.has(name) ? 1 : 0);
}

function numbered(word: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${word}${String(i + 1).padStart(2, "0")}`);
}

function families(group: string, colours: Readonly<Record<string, string>>): readonly string[] {
  return [...new Set(Object.values(colours))].map((family) => `${group}=${family}`);
}
