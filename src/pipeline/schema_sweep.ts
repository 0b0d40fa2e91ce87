/** The JSON Schema of `matrix` and `rank`, for editors; the compiler reads them in `spec_points.ts` and `spec_rank.ts`. */
import type { JsonObject } from "../base/canonical.ts";

const points: JsonObject = {
  type: "array",
  minItems: 1,
  uniqueItems: true,
  items: { type: "object" },
  description: "Points, each a map of values by path; what a point leaves out stays as it is.",
};

const values: JsonObject = { type: "array", minItems: 1, uniqueItems: true };

const bounds = (description: string): JsonObject => ({
  type: "array",
  minItems: 2,
  maxItems: 2,
  items: { type: "number" },
  description,
});

const distribution: JsonObject = {
  type: "object",
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
  properties: {
    uniform: bounds("Numbers between two bounds."),
    log_uniform: bounds("Numbers between two bounds > 0 whose logarithms are uniform."),
    integer: bounds("Whole numbers from the first to the second."),
    choice: { ...values, description: "One of these." },
  },
};

/** What is varied: a grid, points, or points that are drawn. */
export const matrixSchema: JsonObject = {
  description:
    "What is varied: lists of values by paths such as model.optimizer.learning_rate, or seed. " +
    "The pipeline is made for every combination; what combinations share is made once. " +
    "Or a list of points, or points that are drawn from distributions (`sample`).",
  oneOf: [points, {
    type: "object",
    minProperties: 1,
    properties: {
      points,
      sample: {
        type: "integer",
        minimum: 1,
        maximum: 20_000,
        description: "So many points are drawn from the axes by the pipeline's seed.",
      },
      seed: { ...values, items: { type: "integer", minimum: 0 } },
    },
    additionalProperties: { oneOf: [values, distribution] },
  }],
};

/** In which order the points are shown, and which are stopped early. */
export const rankSchema: JsonObject = {
  type: "object",
  required: ["by"],
  additionalProperties: false,
  description: "Puts the points of the matrix in order by one of their numbers.",
  properties: {
    by: {
      type: "string",
      pattern: "^[^.]+\\..+$",
      description: "A stage and one of its numbers: model.validation loss",
    },
    order: {
      enum: ["ascending", "descending"],
      default: "ascending",
      description: "ascending: the smallest number is the best.",
    },
    top: {
      type: "integer",
      minimum: 1,
      maximum: 100,
      default: 3,
      description: "Points whose curves the report shows.",
    },
    halving: {
      type: "object",
      required: ["path", "from"],
      additionalProperties: false,
      description: "Stops points early that are worse than others which got as far.",
      properties: {
        path: {
          type: "string",
          description:
            "The parameter that grows from rung to rung, up to its value in the pipeline.",
        },
        from: { type: "number", exclusiveMinimum: 0, description: "Its value on the first rung." },
        factor: {
          type: "number",
          minimum: 1.2,
          default: 2,
          description: "By so much it grows, and by so much the points become fewer.",
        },
      },
    },
  },
};
