/** A source whose images are brought to another size or number of channels on the way; kinds of file know nothing of it. */
import { ParamError } from "../../base/errors.ts";
import { luma } from "../../formats/pixels.ts";
import { type Planes, resizeFault, resizePlanes } from "../../formats/resize.ts";
import type { FileParams, ImageSource } from "./source.ts";
import { imported } from "../../base/imported.ts";

/**
 * The source with every image resized, and made grey or colour first. Throws `ParamError` where a source of other
 * channels than one or three is to become grey or colour, for colour of float32 values, and for what `resizeFault`
 * refuses.
 */
export function resizedSource(
  source: ImageSource,
  { resize, channels }: Pick<FileParams, "resize" | "channels">,
): ImageSource {
  const [from, height, width] = source.shape;
  const to = channels === undefined ? from : channels === "grey" ? 1 : 3;
  if (!resize && to === from) return source;
  if (to !== from && (![1, 3].includes(from) || source.dtype !== "uint8" || source.channels)) {
    const what = `${source.dtype} images of ${from} channels`;
    throw new ParamError(
      ["channels"],
      `goes with grey or RGB images of uint8, not ${what}`,
      channels,
    );
  }
  const fault = resize && resizeFault({ channels: to, height, width }, resize);
  if (fault) {
    const reason = `would take too much memory: ${fault.reason}`;
    throw new ParamError(["resize"], reason, fault.value, fault.hint);
  }
  const shape = [to, resize?.height ?? height, resize?.width ?? width] as const;
  const each = (data: Uint8Array | Float32Array) => {
    const planes = to === from ? data : recoloured(data as Uint8Array, to, height * width);
    const image: Planes = { channels: to, height, width, data: planes };
    return (resize ? resizePlanes(image, resize) : image).data;
  };
  return {
    ...source,
    shape,
    async read(reading) {
      const { rowsOf } = await imported(() => import("../../artifacts/images_writer.ts"));
      await source.read({
        ...reading,
        write(images, labels) {
          const size = from * height * width;
          const columns = (labels?.length ?? 0) * size / images.length;
          let row = 0;
          for (const image of rowsOf(images, size)) {
            const own = labels?.subarray(row * columns, (row + 1) * columns);
            reading.write(each(image as Uint8Array | Float32Array), own);
            row++;
          }
        },
      });
    },
  };
}

/** One plane of 3 as luma, or 3 equal ones of 1. */
function recoloured(data: Uint8Array, to: number, plane: number): Uint8Array {
  if (to === 3) return Uint8Array.from({ length: 3 * plane }, (_, i) => data[i % plane]);
  return Uint8Array.from(
    { length: plane },
    (_, p) => luma(data[p], data[plane + p], data[2 * plane + p]),
  );
}
