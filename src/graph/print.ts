/** Prints a graph as text, one node a line: for golden tests and for people. */
import type { Node, Tensor } from "./tensor.ts";
import { typeText } from "./tensor.ts";
import { topologicalOrder } from "./walk.ts";

/**
 *     %0 = Input(name: "x") : float32[2, 3]
 *     %1 = Mul(%0, %0) : float32[2, 3]
 */
export function printGraph(outputs: readonly Tensor[]): string {
  const numbers = new Map<Tensor, number>();
  const lines = topologicalOrder(outputs).map((node) => {
    const left = node.outputs.map((output) => {
      numbers.set(output, numbers.size);
      return `%${numbers.get(output)}`;
    });
    const right = node.outputs.map(typeText);
    const inputs = node.inputs.map((input) => `%${numbers.get(input)}`);
    const operands = [...inputs, ...attrTexts(node)].join(", ");
    return `${left.join(", ")} = ${node.op.type}(${operands}) : ${right.join(", ")}`;
  });
  return [...lines, `return ${outputs.map((output) => `%${numbers.get(output)}`).join(", ")}`].join(
    "\n",
  );
}

function attrTexts({ attrs }: Node): string[] {
  return Object.entries(attrs).filter(([, value]) => value !== undefined).map(([name, value]) => {
    const data = (value as { data?: ArrayLike<unknown>; shape?: readonly number[] } | null)?.data;
    if (!data) return `${name}: ${JSON.stringify(value)}`;
    const head = Array.from(data).slice(0, 4).map(String).join(" ");
    return `${name}: {${head}${data.length > 4 ? ` ... ${data.length} values` : ""}}`;
  });
}
