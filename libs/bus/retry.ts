/** Waits of who lost the bus: short at first, since a server that was killed is back in 0.3 s; half of each is no chance. */
export const RETRY = { minMs: 50, maxMs: 2000, steady: 0.5 } as const
