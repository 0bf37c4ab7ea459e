import { expect, it } from 'vitest'
import type { UnitStanding } from '#host/acts'
import { faultOf } from './act.ts'

const unit = (more: Partial<UnitStanding> = {}): UnitStanding => ({
  id: 'nd.service',
  names: ['nd.service'],
  loadState: 'loaded',
  activeState: 'active',
  subState: 'running',
  result: 'success',
  canReload: true,
  refusesStart: false,
  refusesStop: false,
  hasJob: false,
  invocationId: 'new',
  mainPid: 8,
  ...more,
})
const before = { invocationId: 'old', mainPid: '7' }

it('says of each job how the unit has to stand after it', () => {
  expect(faultOf('restart', before, unit())).toBe('')
  expect(faultOf('start', { invocationId: '', mainPid: '' }, unit({ mainPid: undefined }))).toBe('')
  expect(faultOf('restart', before, unit({ invocationId: 'old' }))).toBe(
    'nd.service is active, and was not started anew',
  )
  expect(faultOf('restart', before, unit({ mainPid: 7 }))).toBe('nd.service is active with the same main process')
  expect(faultOf('start', before, unit({ activeState: 'failed', subState: 'failed', result: 'exit-code' }))).toBe(
    'nd.service is failed (failed, exit-code)',
  )
  expect(faultOf('start', before, unit({ activeState: 'activating', result: '' }))).toBe(
    'nd.service is activating (running)',
  )
  expect(faultOf('stop', before, unit({ activeState: 'inactive' }))).toBe('')
  expect(faultOf('stop', before, unit({ activeState: 'failed' }))).toBe('')
  expect(faultOf('stop', before, unit())).toBe('nd.service is active (running)')
  expect(faultOf('reload', before, unit({ invocationId: 'old' }))).toBe('')
  expect(faultOf('reload', before, unit())).toBe('nd.service was started anew meanwhile')
})
