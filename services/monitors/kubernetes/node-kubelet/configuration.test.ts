import { expect, test } from 'vitest'
import type { Host, UnitLook } from '#host'
import type { Ways } from '../ways.ts'
import { askKubeletUnit } from './configuration.ts'

const none = { loadState: 'not-found', activeState: 'inactive', subState: 'dead' }
const dead = { loadState: 'loaded', activeState: 'inactive', subState: 'dead' }
const running = { loadState: 'loaded', activeState: 'active', subState: 'running' }

/** Which unit is taken for the kubelet's, and how many were asked for. */
async function chosen(units: Readonly<Record<string, typeof none>>) {
  let asked = 0
  const unit = (_host: unknown, name: string): Promise<UnitLook> => {
    asked++
    const state = { name, activeEnteredAt: undefined, fileState: '', service: undefined, ...(units[name] ?? none) }
    return Promise.resolve({ kind: 'known', unit: state })
  }
  const { signal } = new AbortController()
  const look = await askKubeletUnit({ ways: { unit } as unknown as Ways, host: {} as Host, signal })
  return [look.kind === 'known' && look.unit.name, asked]
}

test('the kubelet’s unit is the one that runs; one that lies there unused is none beside it', async () => {
  expect(await chosen({ 'kubelet.service': running })).toEqual(['kubelet.service', 1])
  expect(await chosen({ 'kubelet.service': dead, 'k3s.service': running })).toEqual(['k3s.service', 2])
  expect(await chosen({ 'kubelet.service': dead })).toEqual(['kubelet.service', 9])
  expect(await chosen({ 'k3s.service': dead })).toEqual(['k3s.service', 9])
  expect(await chosen({})).toEqual(['kubelet.service', 9])
})
