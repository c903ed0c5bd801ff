interface Viewer {
  readonly transports: Map<string, number>;
  readonly consumers: Map<string, number>;
}

/** Which engine process has which transport and consumer of a viewer. */
export class LiveRoutes {
  readonly #viewers = new Map<string, Viewer>();

  addTransport(viewerId: string, transportId: string, slot: number): void {
    this.#of(viewerId).transports.set(transportId, slot);
  }

  addConsumer(viewerId: string, consumerId: string, slot: number): void {
    this.#of(viewerId).consumers.set(consumerId, slot);
  }

  slotOfTransport(viewerId: string, transportId: string): number | undefined {
    return this.#viewers.get(viewerId)?.transports.get(transportId);
  }

  slotOfConsumer(viewerId: string, consumerId: string): number | undefined {
    return this.#viewers.get(viewerId)?.consumers.get(consumerId);
  }

  removeConsumer(viewerId: string, consumerId: string): void {
    this.#viewers.get(viewerId)?.consumers.delete(consumerId);
  }

  removeTransport(viewerId: string, transportId: string): void {
    const viewer = this.#viewers.get(viewerId);
    if (viewer === undefined) return;
    viewer.transports.delete(transportId);
    if (viewer.transports.size === 0) this.#viewers.delete(viewerId);
  }

  removeViewer(viewerId: string): void {
    this.#viewers.delete(viewerId);
  }

  /** The process is gone: forgets and gives the transports that it had. */
  removeSlot(slot: number): { viewerId: string; transportId: string }[] {
    const lost: { viewerId: string; transportId: string }[] = [];
    for (const [viewerId, viewer] of this.#viewers) {
      for (const [transportId, at] of viewer.transports) {
        if (at === slot) lost.push({ viewerId, transportId });
      }
      for (const [consumerId, at] of viewer.consumers) {
        if (at === slot) viewer.consumers.delete(consumerId);
      }
    }
    for (const { viewerId, transportId } of lost) this.removeTransport(viewerId, transportId);
    return lost;
  }

  #of(viewerId: string): Viewer {
    const known = this.#viewers.get(viewerId);
    if (known !== undefined) return known;
    const viewer = { transports: new Map(), consumers: new Map() };
    this.#viewers.set(viewerId, viewer);
    return viewer;
  }
}
