/**
 * The header that orders the values of a bucket's key: what was written later compares greater, also across restarts of
 * the writer. Its first half counts the writer's lives in this store (never a clock, which may step back).
 */
export const ORDER_HEADER = 'Nd-Order'

const DIGITS = 10

function digits(count: number): string {
  return count.toString(36).padStart(DIGITS, '0')
}

/** Makes ever greater values within one life of the writer, greater than those of every life before. */
export function createOrder(life: number): () => string {
  let count = 0
  return () => `${digits(life)}.${digits(count++)}`
}
