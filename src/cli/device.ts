/** Where the graphs of a run are computed. Found out when a stage first asks, so hits alone load no runtime. */
import type { Device } from "../pipeline/world.ts";

/** The device of one run. What a wish comes to is looked up once, whoever asks and however often. */
export function lazyDevice(wish: Device["name"]): Device {
  let name = wish;
  let answer: ReturnType<Device["resolve"]> | undefined;
  const find = async () => {
    const { chooseDevice } = await import("../runtime/device.ts");
    return name = await chooseDevice(wish);
  };
  return {
    get name() {
      return name;
    },
    resolve: () => answer ??= find(),
  };
}
