/** Replaces the named inputs of a graph by tensors of another one. */
import { inputName } from "./sources.ts";
import { type Tensor, typeText } from "./tensor.ts";
import { rewriteGraph } from "./walk.ts";

/** The outputs with every input that `replacements` names replaced; the others stay inputs. */
export function substitute(
  outputs: readonly Tensor[],
  replacements: ReadonlyMap<string, Tensor>,
): Tensor[] {
  return rewriteGraph(outputs, (node) => {
    const name = inputName(node.outputs[0]);
    const replacement = name === undefined ? undefined : replacements.get(name);
    if (!replacement) return undefined;
    if (typeText(replacement) !== typeText(node.outputs[0])) {
      throw new Error(
        `input ${name} is ${typeText(node.outputs[0])}, not ${typeText(replacement)}`,
      );
    }
    return [replacement];
  });
}
