import { quote } from '#golang'

/** A condition as it is now. */
export interface ChangedCondition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  /** Bytes where it need be no UTF-8. */
  readonly message: string | Buffer
}

/** The exact text of the event that tells of a changed condition. */
export function changeText({ type, status, reason, message }: ChangedCondition): string {
  return `Node condition ${type} is now: ${status}, reason: ${reason}, message: ${quote(message)}`
}
