/** Why a message is none. */

/** A message that breaks its own lengths, or the rules of RFC 1035. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError'
  readonly code = 'DNS_MALFORMED'
  /** It ends before what it says it has: all that a truncated one has to be forgiven. */
  readonly isCut: boolean

  constructor(message: string, isCut = false) {
    super(message)
    this.isCut = isCut
  }
}
