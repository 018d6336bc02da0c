/**
 * Plays one or two videos as one: they start, stop and seek together, and stay within a frame of each other.
 *
 * The longest leads. The other follows: small drift is taken back by playing a little faster or slower, large drift by
 * a jump. Where one has to wait for data, the other waits with it. One that is over holds its last frame.
 */

const END_S = 0.05; // this close to its end a video counts as over
const DRIFT_S = 0.012; // drift that isn't worth correcting
const JUMP_S = 0.25; // drift from which on a jump is better than changing speed
const DEFAULT_FRAME_S = 1 / 25;

/** Fires "change" whenever something about it changes that a page would show. */
export class Transport extends EventTarget {
  #videos;
  #lead;
  #wanted = false;
  #scrubbing = false;
  #target = null;
  #loop = false;
  #rate = 1;
  #frame = null;
  #request = 0;

  /** @param {HTMLVideoElement[]} videos */
  constructor(videos) {
    super();
    this.#videos = [...videos];
    this.#lead = videos[0];
    for (const video of videos) {
      video.addEventListener("durationchange", () => this.#choose());
      video.addEventListener("error", () => this.#drop(video));
      video.addEventListener("seeked", () => this.#land());
      video.addEventListener("ended", () => this.#tick());
      this.#watchFrames(video);
    }
    this.#choose();
  }

  /** Length of the longest, in seconds; 0 until known. */
  get duration() {
    return length(this.#lead);
  }

  /** Where we are, in seconds. */
  get time() {
    return this.#target ?? this.#lead?.currentTime ?? 0;
  }

  get playing() {
    return this.#wanted;
  }

  get loop() {
    return this.#loop;
  }

  set loop(on) {
    this.#loop = on;
    this.#changed();
  }

  get rate() {
    return this.#rate;
  }

  set rate(rate) {
    this.#rate = rate;
    for (const video of this.#videos) video.playbackRate = rate;
    this.#changed();
  }

  /** How long a frame of the lead lasts, in seconds: as seen while it played, a guess before. */
  get frame() {
    return this.#frame ?? DEFAULT_FRAME_S;
  }

  play() {
    if (!this.#videos.length || this.#wanted) return;
    this.#wanted = true;
    for (const video of this.#videos) video.preload = "auto";
    if (this.time >= this.duration - END_S) this.#goto(0);
    this.#tick();
    this.#changed();
  }

  pause() {
    this.#wanted = false;
    cancelAnimationFrame(this.#request);
    for (const video of this.#videos) video.pause();
    if (this.#videos.length > 1 && this.#target === null) this.#goto(this.time);
    this.#changed();
  }

  toggle() {
    if (this.#wanted) this.pause();
    else this.play();
  }

  /** Go to a time in seconds; playing goes on from there. */
  seek(time) {
    this.#goto(time);
    if (this.#wanted) this.#tick();
    this.#changed();
  }

  /** Hold still under a hand that moves the slider, and let go again. */
  scrub(on) {
    this.#scrubbing = on;
    if (on) for (const video of this.#videos) video.pause();
    else if (this.#wanted) this.#tick();
  }

  /** Pause and go some frames on or back. */
  step(frames) {
    if (this.#wanted) this.pause();
    const here = Math.floor(this.time / this.frame + 1e-3);
    // The middle of a frame: at its very edge, browsers differ about which one is shown.
    this.seek((Math.max(0, here + frames) + 0.5) * this.frame);
  }

  /** Stop for good. */
  close() {
    this.#wanted = false;
    cancelAnimationFrame(this.#request);
    for (const video of this.#videos) video.pause();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  #choose() {
    this.#lead = this.#videos.reduce((best, one) => (length(one) > length(best) ? one : best), this.#videos[0]);
    this.#changed();
  }

  #drop(video) {
    this.#videos = this.#videos.filter((one) => one !== video);
    if (!this.#videos.length) this.#wanted = false;
    this.#choose();
  }

  #goto(time) {
    if (!this.duration) return;
    const wanted = Math.min(Math.max(0, time), this.duration || 0);
    this.#target = wanted;
    // One seek at a time: where a hand asks for more, the last counts.
    if (this.#videos.some((video) => video.seeking)) return;
    for (const video of this.#videos) video.currentTime = Math.min(wanted, length(video));
  }

  #land() {
    if (this.#target === null || this.#videos.some((video) => video.seeking)) return;
    const reached = Math.abs((this.#lead?.currentTime ?? 0) - this.#target) < 1e-3;
    if (reached) this.#target = null;
    else this.#goto(this.#target);
    this.#changed();
  }

  #tick() {
    cancelAnimationFrame(this.#request);
    if (!this.#wanted || this.#scrubbing) return;
    this.#request = requestAnimationFrame(() => this.#tick());
    if (this.#target === null && over(this.#lead) && this.#lead.paused) {
      if (this.#loop) this.#goto(0);
      else this.pause();
      return;
    }
    for (const video of this.#videos) {
      const alone = this.#videos.every((other) => other === video || ready(other) || over(other));
      if (ready(video) && !alone) video.pause();
      else if (video.paused && !over(video)) this.#start(video);
      this.#correct(video);
    }
    this.#changed();
  }

  #start(video) {
    video.play().catch((error) => {
      if (error.name === "NotAllowedError") this.pause(); // the browser wants a click first
    });
  }

  #correct(video) {
    if (video === this.#lead || this.#target !== null || over(video) || video.seeking) return;
    const drift = video.currentTime - this.#lead.currentTime;
    if (Math.abs(drift) > JUMP_S) {
      video.currentTime = Math.min(this.#lead.currentTime, length(video));
      video.playbackRate = this.#rate;
    } else {
      const most = Math.abs(drift) > 0.06 ? 0.25 : 0.1;
      const turn = Math.abs(drift) > DRIFT_S ? Math.max(-most, Math.min(most, -drift * 3)) : 0;
      video.playbackRate = this.#rate * (1 + turn);
    }
  }

  #watchFrames(video) {
    if (!video.requestVideoFrameCallback) return;
    let before = null;
    const seen = (_, { mediaTime }) => {
      const lasted = before === null ? 0 : mediaTime - before;
      before = video.paused || video.seeking ? null : mediaTime;
      if (video === this.#lead && lasted > 1 / 130 && lasted < 0.2) this.#frame = Math.min(this.#frame ?? 1, lasted);
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
  }
}

function length(video) {
  return video && Number.isFinite(video.duration) ? video.duration : 0;
}

function ready(video) {
  return !video.seeking && video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;
}

function over(video) {
  return Boolean(video) && (video.ended || (length(video) > 0 && video.currentTime >= length(video) - END_S && !video.seeking));
}
