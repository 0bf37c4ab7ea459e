/** What the tests of real processes run is built before the first of them, once, and is what the sources say. `make test` has just built it. */
import { build } from './constellation.ts'
import { previousBuild } from './previous.ts'

export function setup(): void {
  if (process.env['NODE_DOCTOR_BUILT'] === undefined) build()
  previousBuild()
}
