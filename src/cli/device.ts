/** Where the graphs of a run are computed. Found out when a stage first asks, so hits alone load no runtime. */
import type { Device } from "../pipeline/world.ts";
import { imported } from "../base/imported.ts";

/**
 * The device of one run. What a wish comes to is looked up once, whoever asks and however often; `onRemark` hears
 * why it is not what one might expect.
 */
export function lazyDevice(
  wish: Device["name"],
  onRemark: (remark: string) => void = () => {},
): Device {
  let name = wish;
  let answer: ReturnType<Device["resolve"]> | undefined;
  const find = async () => {
    const { findDevice } = await imported(() => import("../runtime/device.ts"));
    const { device, remark } = await findDevice(wish);
    if (remark) onRemark(remark);
    return name = device;
  };
  return {
    get name() {
      return name;
    },
    resolve: () => answer ??= find(),
  };
}
