/** What the checks of this monitor have together where they run over a fixture: the answers of others that were recorded there. */
import { recordedSlices } from './checks/peers/testing-recorded-slices.ts'
import { recordedDoor } from './probing/testing-recorded.ts'

export function sharedOver(root: string): unknown {
  return {
    hostNetwork: () => Promise.resolve({ kind: 'same' }),
    door: recordedDoor(root),
    openSlices: recordedSlices(root),
  }
}
