import { expect, it } from 'vitest'
import { NOW } from '../../../libs/view/testing.ts'
import { missedView } from './missed.ts'

it('what a stream lost is one warning of this exporter, by stream and moment', () => {
  expect(missedView('EVENTS', 7, NOW)).toEqual({
    id: `http-exporter-missed-EVENTS-${NOW.getTime()}`,
    monitor: 'http-exporter',
    check: '',
    entity: '',
    severity: 'warning',
    reason: 'EventsMissed',
    message: '7 messages left the stream EVENTS before the http-exporter took them',
    firstSeen: NOW.toISOString(),
    lastSeen: NOW.toISOString(),
    count: 1,
  })
})
