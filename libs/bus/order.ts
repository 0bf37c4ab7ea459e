/** The header that orders the values of a bucket's key: what was written later compares greater, also across starts. */
export const ORDER_HEADER = 'Nd-Order'

/** Makes ever greater values, from the time of its own start. */
export function createOrder(startedMs: number): () => string {
  const start = Math.max(0, startedMs).toString(36).padStart(10, '0')
  let count = 0
  return () => `${start}.${(count++).toString(36).padStart(10, '0')}`
}
