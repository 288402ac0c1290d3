/** Saves what a video shows as a PNG, at the size at which it came. */

/** False when there is no picture yet. */
export async function savePicture(video: HTMLVideoElement, name: string): Promise<boolean> {
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0 || height === 0) return false;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) return false;
  download(blob, name);
  return true;
}

export function pictureName(room: string, at: Date): string {
  const time = at.toISOString().slice(0, 19).replace("T", "-").replaceAll(":", "");
  return `moim-${room.replace(/[^\p{L}\p{N}-]/gu, "_")}-${time}.png`;
}

function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser needs the address until it has begun to save.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
