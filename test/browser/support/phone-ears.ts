/**
 * Scripts that run in the page. They are text, since the tests are checked as Node's programs, which have no `window`.
 */
import type { Page } from 'playwright-core';

/** What the page's microphone plays: a tone no phone of the lab has. */
export const micHz = 1_150;

export interface PageEars {
  isDenied?: boolean;
}

/**
 * To run before anything else: the microphone is a tone, or denied, and every peer connection can be asked what it sent.
 * (A steady tone from Chromium's fake device would be taken for noise and removed.)
 */
export const playMicrophone = ({ isDenied = false }: PageEars): string => `
  window.vigiePeers = [];
  const Own = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Own {
    constructor(...given) {
      super(...given);
      window.vigiePeers.push(this);
    }
  };
  // A page without HTTPS has none at all.
  if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => {
    if (${isDenied}) throw new DOMException('no', 'NotAllowedError');
    const context = new AudioContext();
    const tone = new OscillatorNode(context, { frequency: ${micHz} });
    const gain = new GainNode(context, { gain: 0.4 });
    const out = context.createMediaStreamDestination();
    tone.connect(gain).connect(out);
    tone.start();
    return out.stream;
  };`;

/** How loud each tone is in what the page plays now, as a share of full scale. */
export const heardInPage = (page: Page, tonesHz: number[]): Promise<number[]> =>
  page.evaluate(`(async (tones) => {
    const audio = document.querySelector('audio[data-phone=remote]');
    if (!(audio?.srcObject instanceof MediaStream)) return tones.map(() => 0);
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 8192 });
    context.createMediaStreamSource(audio.srcObject).connect(analyser);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    const levels = tones.map((hz) => {
      let [re, im] = [0, 0];
      samples.forEach((sample, at) => {
        const angle = (2 * Math.PI * hz * at) / context.sampleRate;
        re += sample * Math.cos(angle);
        im += sample * Math.sin(angle);
      });
      return (2 * Math.hypot(re, im)) / samples.length;
    });
    await context.close();
    return levels;
  })(${JSON.stringify(tonesHz)})`);

/** Audio packets that all peer connections of the page have sent. */
export const sentByPage = (page: Page): Promise<number> =>
  page.evaluate(`(async () => {
    let packets = 0;
    for (const peer of window.vigiePeers)
      for (const one of (await peer.getStats()).values())
        if (one.type === 'outbound-rtp') packets += one.packetsSent ?? 0;
    return packets;
  })()`);

/** Of each connection of the page that found a way: which kind of address of its own it uses (`relay`: through TURN). */
export const waysOfPage = (page: Page): Promise<string[]> =>
  page.evaluate(`(async () => {
    const ways = [];
    for (const peer of window.vigiePeers) {
      if (peer.connectionState !== 'connected') continue;
      const stats = await peer.getStats();
      for (const one of stats.values())
        if (one.type === 'candidate-pair' && one.nominated && one.state === 'succeeded')
          ways.push(stats.get(one.localCandidateId).candidateType);
    }
    return ways;
  })()`);
