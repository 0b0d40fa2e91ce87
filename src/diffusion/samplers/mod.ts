/** The samplers that `sampler: { kind: ... }` can name: one file each, one line each. */
export { ddpm } from "./ddpm.ts";
export { ddim } from "./ddim.ts";
export { lcm } from "./lcm.ts";
export { pndm } from "./pndm.ts";
export { euler } from "./euler.ts";
export { eulerAncestral } from "./euler_ancestral.ts";
export { heun } from "./heun.ts";
export { lms } from "./lms.ts";
export { edm } from "./edm.ts";
export { dpmpp2m } from "./dpmpp_2m.ts";
export { deis } from "./deis.ts";
export { unipc } from "./unipc.ts";
export { dpmpp2mSde } from "./dpmpp_2m_sde.ts";
export { dpmppSde } from "./dpmpp_sde.ts";
