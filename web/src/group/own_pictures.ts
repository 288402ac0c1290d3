/** This person's own tracks as pictures for a tile: straight from the devices, without the room in between. */
import type { Picture } from "./people";

/** The same track is always the same picture, so that its tile does not begin again. */
export class OwnPictures {
  readonly #known = new WeakMap<MediaStreamTrack, Picture>();

  of(track: MediaStreamTrack | null): Picture | undefined {
    if (!track) return undefined;
    const known = this.#known.get(track);
    if (known) return known;
    const picture: Picture = {
      attach: (video) => {
        video.srcObject = new MediaStream([track]);
      },
      detach: (video) => {
        video.srcObject = null;
      },
    };
    this.#known.set(track, picture);
    return picture;
  }
}
