/** A check names a pack of rules that there is not. */
export class UnknownPackError extends Error {
  override readonly name = 'UnknownPackError'
  readonly code = 'LOG_PACK_UNKNOWN'
  constructor(pack: string, known: readonly string[]) {
    super(`there is no rule pack "${pack}"; expected one of ${known.map((name) => `"${name}"`).join(', ')}`)
  }
}
