/** What it throws is a rejection, as of a bus that is asked over a wire. */
export function soon<T>(act: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(act())
  })
}
