import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodePod } from '#kube'
import { choosePods, nameAll, nameOf } from './choose.ts'

const pod = fc.record({
  namespace: fc.constantFrom('a', 'b'),
  name: fc.uuid(),
  uid: fc.uuid(),
  nodeName: fc.constant('w1'),
  controller: fc.option(
    fc.record({
      apiVersion: fc.constantFrom('apps/v1', 'batch/v1', 'example.org/v1'),
      kind: fc.constantFrom('ReplicaSet', 'DaemonSet', 'Job', 'Node'),
      name: fc.constant('o'),
    }),
    { nil: undefined },
  ),
  isMirror: fc.boolean(),
  partOf: fc.constant(''),
  hasEmptyDir: fc.boolean(),
  phase: fc.constantFrom('Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'),
  isEnding: fc.boolean(),
})
const flags = fc.record({ isForced: fc.boolean(), deletesEmptyDir: fc.boolean() })

/** kubectl's filters one after the other, as they stand in filters.go. */
function kubectl(
  { controller, phase, isMirror, hasEmptyDir }: NodePod,
  of: { isForced: boolean; deletesEmptyDir: boolean },
) {
  const hasEnded = phase === 'Succeeded' || phase === 'Failed'
  if (controller?.kind === 'DaemonSet' && controller.apiVersion === 'apps/v1' && !hasEnded) return 'stays'
  if (isMirror) return 'stays'
  if (hasEmptyDir && !hasEnded && !of.deletesEmptyDir) return 'local'
  if (!hasEnded && controller === undefined && !of.isForced) return 'unmanaged'
  return 'goes'
}

describe('the choice of pods', () => {
  it('is that of kubectl’s filters', () => {
    fc.assert(
      fc.property(fc.array(pod), flags, (pods, of) => {
        const { evict, stay, refusals } = choosePods(pods, of)
        const by = (word: string) => pods.filter((one) => kubectl(one, of) === word)
        expect(evict).toEqual(by('goes'))
        expect(stay).toEqual(by('stays'))
        expect(refusals.some((text) => text.includes('emptyDir'))).toBe(by('local').length > 0)
        expect(refusals.some((text) => text.includes('make them anew'))).toBe(by('unmanaged').length > 0)
      }),
    )
  })

  it('names a few pods, and counts the others', () => {
    const pods = Array.from({ length: 7 }, (_, i) => ({ namespace: 'd', name: `p${i}` }) as NodePod)
    expect(nameAll(pods)).toBe('d/p0, d/p1, d/p2, d/p3, d/p4 and 2 more')
    expect(nameOf({ namespace: 'd', name: 'p' })).toBe('d/p')
  })
})
