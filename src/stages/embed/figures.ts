/** Maps of codes as scatter plots by class, and as a table. */
import { join } from "node:path";
import type { SplitName } from "../../artifacts/images.ts";
import { csvText } from "../../base/csv.ts";
import type { StageContext, View } from "../../pipeline/stage.ts";
import type { Codes } from "./codes.ts";
import type { PlaneMap } from "./maps.ts";
import { imported } from "../../base/imported.ts";

/** A map with its name. */
export interface EmbeddedMap extends PlaneMap {
  readonly method: "first-two" | "pca" | "umap";
}

const titles = {
  "first-two": "First two numbers of the codes",
  pca: "Principal components of the codes",
  umap: "Neighbourhoods of the codes",
} as const;

/** One scatter plot for each map; a colour for each class where images have one. */
export async function mapFigures(
  { scratch }: StageContext<unknown>,
  split: SplitName,
  maps: readonly EmbeddedMap[],
  classes: Codes["classes"],
): Promise<View[]> {
  const { scatterPlot } = await imported(() => import("../../figures/chart.ts"));
  const views: View[] = [];
  for (const { method, points, axes } of maps) {
    const count = points.length / 2;
    const at = (row: number) => [points[2 * row], points[2 * row + 1]] as const;
    const rows = [...Array(count).keys()];
    const series = classes
      ? classes.names.map((name, c) => ({
        name,
        points: rows.filter((row) => classes.of[row] === c).map(at),
      }))
      : [{ name: "images", points: rows.map(at) }];
    const [x, y] = axes;
    const svg = await scatterPlot({
      x: { title: x },
      y: { title: y },
      width: 520,
      height: 520,
      series,
    });
    const file = `${method}.svg`;
    Deno.writeTextFileSync(join(scratch, file), svg);
    const colour = classes ? ", coloured by class" : "";
    const meaning = method === "umap"
      ? " Near codes are near; axes and large distances mean nothing."
      : "";
    const caption = `${count} images of ${split}${colour}.${meaning}`;
    views.push({ file, title: titles[method], caption });
  }
  return views;
}

/** The points of all maps, a row for each image. */
export function mapTable(
  { scratch }: StageContext<unknown>,
  maps: readonly EmbeddedMap[],
  classes: Codes["classes"],
): View {
  const count = maps[0].points.length / 2;
  const head = [
    "image",
    ...(classes ? ["class"] : []),
    ...maps.flatMap(({ method }) => [`${method} x`, `${method} y`]),
  ];
  const rows = Array.from({ length: count }, (_, row) => [
    row,
    ...(classes ? [classes.names[classes.of[row]]] : []),
    ...maps.flatMap(({ points }) => [points[2 * row], points[2 * row + 1]]),
  ]);
  const file = "maps.csv";
  Deno.writeTextFileSync(join(scratch, file), csvText(head, rows));
  return { file, title: "Points of the maps", caption: "One row for each image, in its order." };
}
