/** What the tests of real processes run is built before the first of them, once, and is what the sources say. */
import { build } from './constellation.ts'
import { previousBuild } from './previous.ts'

export function setup(): void {
  build()
  previousBuild()
}
