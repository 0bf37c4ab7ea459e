/** What the server has of a stream or durable, held against what is wanted. */
import { NatsError } from 'nats'

/** JetStream's code of a durable that is not there. */
export const CONSUMER_NOT_FOUND = 10014

/** Whether what is there is as wanted, as far as something is wanted. What the server leaves out is off. */
export function agrees<T extends object>(now: T, wanted: Partial<T>): boolean {
  return (Object.keys(wanted) as (keyof T)[]).every(
    (key) => JSON.stringify(now[key] ?? false) === JSON.stringify(wanted[key]),
  )
}

/** JetStream's own code of an error; undefined for another one. */
export function errorCode(err: unknown): number | undefined {
  return err instanceof NatsError ? err.api_error?.err_code : undefined
}

/** undefined where there is none. */
export async function found<T>(question: Promise<T>, notFound: number): Promise<T | undefined> {
  try {
    return await question
  } catch (err) {
    if (errorCode(err) === notFound) return undefined
    throw err
  }
}
