import { expect, it } from 'vitest'
import type { UnitStanding } from '#host/acts'
import { refusalOf } from './refusal.ts'

const unit = (id: string, more: Partial<UnitStanding> = {}): UnitStanding => ({
  id,
  names: [id],
  loadState: 'loaded',
  activeState: 'active',
  subState: 'mounted',
  result: 'success',
  canReload: false,
  refusesStart: false,
  refusesStop: false,
  hasJob: false,
  invocationId: '',
  mainPid: undefined,
  ...more,
})

it('takes no folder away that the machine runs from, and mounts one that is missing', () => {
  for (const id of ['var.mount', 'usr.mount', 'var-lib.mount', 'run-user-1000.mount'])
    expect(refusalOf('stop', unit(id), [])).toBe(`${id} is a folder that the machine runs from`)
  expect(refusalOf('restart', unit('boot-efi.mount'), [])).toContain('runs from')
  expect(refusalOf('start', unit('var.mount', { activeState: 'inactive' }), [])).toBe('')
  expect(refusalOf('stop', unit('srv-data.mount'), [])).toBe('')
  expect(refusalOf('start', unit('-.mount', { activeState: 'inactive' }), [])).toBe('-.mount carries the machine')
})
