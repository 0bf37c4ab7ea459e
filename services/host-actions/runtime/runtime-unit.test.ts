/** Whose unit it is, by what is found and what systemd knows. */
import { expect, it } from 'vitest'
import type { FoundRuntime } from '#cri'
import type { UnitStanding } from '#host/acts'
import { doubtOf } from './node-runtime.ts'
import { chosen, namesOf } from './runtime-unit.ts'

const STANDING: UnitStanding = {
  id: '',
  names: [],
  loadState: 'loaded',
  activeState: 'inactive',
  subState: 'dead',
  invocationId: '',
  hasJob: false,
  canReload: false,
  refusesStart: false,
  refusesStop: false,
  stopsWith: [],
  mainPid: undefined,
  result: '',
}
const standing = (id: string, more: Partial<UnitStanding> = {}): UnitStanding => ({ ...STANDING, id, ...more })
const socket = (name: string) => ({ name, path: `/run/${name}`, place: `/run/${name}` })
const listening = (name: string, ...others: readonly string[]): FoundRuntime => ({
  kind: 'listening',
  ...socket(name),
  others: others.map(socket),
})
const none: FoundRuntime = { kind: 'none', message: '' }

it('is that of who listens, of whom the kubelet asks where nobody does, else any that there is', () => {
  expect(namesOf({ found: listening('CRI-O'), endpoint: '' })).toEqual(['crio.service'])
  expect(namesOf({ found: none, endpoint: 'unix:///run/crio/crio.sock' })).toEqual(['crio.service'])
  expect(namesOf({ found: none, endpoint: 'unix:///run/x.sock' })).toEqual([])
  expect(namesOf({ found: listening('the container runtime'), endpoint: '/run/x.sock' })).toEqual([])
  expect(namesOf({ found: none, endpoint: '' })).toHaveLength(7)
})

it('is the only one that is there, or that was ever started; of several nobody knows', () => {
  const missing = standing('crio.service', { loadState: 'not-found' })
  expect(chosen([missing, standing('containerd.service')])).toEqual({ unit: 'containerd.service' })
  expect(chosen([standing('k3s.service'), standing('k3s-agent.service', { activeState: 'failed' })])).toEqual({
    unit: 'k3s-agent.service',
  })
  expect(
    chosen([standing('a.service', { invocationId: 'x' }), standing('b.service', { activeState: 'active' })]),
  ).toEqual({
    refusal: 'which of a.service, b.service runs the container runtime is not known',
  })
  expect(chosen([missing])).toEqual({ refusal: 'systemd knows no unit of the container runtime' })
})

it('is in doubt where two listen that may both be the kubelet’s, and nobody says which', () => {
  expect(doubtOf({ found: listening('CRI-O', 'containerd'), endpoint: '' })).toMatch(/^CRI-O and containerd listen/)
  expect(doubtOf({ found: listening('CRI-O', 'containerd'), endpoint: '/run/crio/crio.sock' })).toBe('')
  expect(doubtOf({ found: listening('cri-dockerd', 'containerd'), endpoint: '' })).toBe('')
})
