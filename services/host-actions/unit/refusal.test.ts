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
  stopsWith: [],
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

it('stops nothing with which something would end that carries the machine, is ours, or is what it runs from', () => {
  const why = (verb: 'stop' | 'restart' | 'start', with_: string, own: readonly string[] = []) =>
    refusalOf(verb, unit('nd-base.service', { stopsWith: ['nd-app.service', with_] }), own)
  expect(why('restart', 'systemd-logind.service')).toBe(
    'to restart nd-base.service would stop systemd-logind.service with it, which carries the machine',
  )
  expect(why('stop', 'var-lib.mount')).toContain('a folder that the machine runs from')
  expect(why('restart', 'agent.service', ['agent.service'])).toContain('which is our own')
  expect([why('restart', 'nd-other.service'), why('start', 'dbus.service')]).toEqual(['', 'nd-base.service is active'])
})
