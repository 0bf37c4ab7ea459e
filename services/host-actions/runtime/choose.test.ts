/** What may go of a runtime, whatever it holds. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PruneContainer, PruneImage, PruneSandbox } from '#cri/prune'
import { deadContainers, unusedImages } from './choose.ts'

const container = (id: string, more: Partial<PruneContainer> = {}): PruneContainer => ({
  id,
  sandboxId: 's1',
  podUid: 'u1',
  name: 'web',
  state: 'exited',
  createdNs: Number(id),
  attempt: 0,
  images: [],
  ...more,
})
const sandbox = (id: string, podUid: string, isReady: boolean): PruneSandbox => ({ id, podUid, isReady })
const image = (id: string, more: Partial<PruneImage> = {}): PruneImage => ({
  id,
  names: [],
  bytes: 1,
  isPinned: false,
  ...more,
})
const ids = (all: readonly { readonly id: string }[]): readonly string[] => all.map(({ id }) => id)

describe('dead containers', () => {
  it('of a pod that lives go but for the newest of each name, of one that is dead all', () => {
    const all = [
      container('3'),
      container('1'),
      container('2'),
      container('4', { name: 'side' }),
      container('5', { podUid: 'u2', sandboxId: 's2' }),
      container('6', { podUid: 'u2', sandboxId: 's2', name: 'side' }),
    ]
    expect(ids(deadContainers(all, [sandbox('s1', 'u1', true), sandbox('s2', 'u2', false)]))).toEqual([
      '1',
      '2',
      '5',
      '6',
    ])
    // Its sandbox has ended, and another one of the same pod is there; or one of its containers runs.
    const anew = [sandbox('s1', 'u1', false), sandbox('s9', 'u1', true)]
    expect(ids(deadContainers(all.slice(0, 3), anew))).toEqual(['1', '2'])
    expect(ids(deadContainers([...all.slice(0, 3), container('9', { state: 'running' })], []))).toEqual(['1', '2'])
  })

  it('are known by their sandbox where they do not name their pod, and by how often they were made where their times are one', () => {
    const nameless = [container('1', { podUid: '' }), container('2', { podUid: '' })]
    expect(ids(deadContainers(nameless, [sandbox('s1', 'u1', true)]))).toEqual(['1'])
    const same = [container('1', { createdNs: 5, attempt: 2 }), container('2', { createdNs: 5, attempt: 1 })]
    expect(ids(deadContainers(same, [sandbox('s1', 'u1', true)]))).toEqual(['2'])
  })
})

describe('unused images', () => {
  it('are those that no container has by any of their names, that are not pinned, and of which no sandbox is made', () => {
    const images = [
      image('sha256:a', { names: ['a:1'] }),
      image('sha256:b', { names: ['b:1', 'b@sha256:1'] }),
      image('sha256:c', { isPinned: true }),
      image('sha256:d', { names: ['x/sandbox:1'] }),
      image('sha256:e', { names: ['registry.k8s.io/pause:3.10'] }),
      image('sha256:f', { names: ['rancher/mirrored-pause:3.6'] }),
      image('sha256:g', { names: ['x/pauser:1'], bytes: 9 }),
      image('sha256:h', { bytes: 5 }),
      image('', { bytes: 99 }),
    ]
    const containers = [
      container('1', { images: ['sha256:a'] }),
      container('2', { images: ['b@sha256:1'], state: 'created' }),
    ]
    expect(ids(unusedImages(images, containers, 'x/sandbox:1'))).toEqual(['sha256:g', 'sha256:h'])
  })
})

it('nothing goes that runs, is about to, has an unknown state, or is the image of any container that is there', () => {
  const word = fc.constantFrom('a', 'b', 'c', '')
  const anyContainer: fc.Arbitrary<PruneContainer> = fc.record({
    id: fc.uuid(),
    sandboxId: word,
    podUid: word,
    name: word,
    state: fc.constantFrom('created', 'running', 'exited', 'unknown'),
    createdNs: fc.integer({ min: 0, max: 5 }),
    attempt: fc.integer({ min: 0, max: 2 }),
    images: fc.array(word, { maxLength: 2 }),
  })
  const anySandbox = fc.record({ id: word, podUid: word, isReady: fc.boolean() })
  const anyImage = fc.record({
    id: word,
    names: fc.array(word, { maxLength: 2 }),
    bytes: fc.nat(),
    isPinned: fc.boolean(),
  })
  fc.assert(
    fc.property(
      fc.array(anyContainer),
      fc.uniqueArray(anySandbox, { selector: ({ id }) => id }),
      fc.array(anyImage),
      (containers, sandboxes, images) => {
        const dead = deadContainers(containers, sandboxes)
        expect(dead.every(({ state }) => state === 'exited')).toBe(true)
        // Of each pod that has a ready sandbox one dead container of each name stays; one that names no pod is of its sandbox's.
        const podOf = ({ podUid, sandboxId }: PruneContainer): string =>
          podUid || sandboxes.find(({ id }) => id === sandboxId)?.podUid || sandboxId
        for (const { podUid, id } of sandboxes.filter(({ isReady }) => isReady)) {
          const ended = containers.filter((one) => podOf(one) === (podUid || id) && one.state === 'exited')
          const names = new Set(ended.map(({ name }) => name))
          expect(new Set(ended.filter((one) => !dead.includes(one)).map(({ name }) => name))).toEqual(names)
        }
        const used = new Set(containers.flatMap((one) => one.images))
        for (const { id, isPinned } of unusedImages(images, containers, 'c'))
          expect(used.has(id) || isPinned || id === 'c').toBe(false)
      },
    ),
  )
})
