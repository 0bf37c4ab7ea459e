/** What the detector says as a monitor of its own: who it is, and reports without a number. */
import type { Clock } from '#clock'
import {
  DETECTOR,
  DETECTOR_CONDITIONS,
  DETECTOR_EVENTS,
  type MonitorDeclaration,
  type NodeEvent,
  type Report,
} from '#model'

/** An event of the detector's, as it happens. */
export type OwnEvent = Pick<NodeEvent, 'reason' | 'severity' | 'message' | 'entity'>

export function detectorDeclaration(version: string): MonitorDeclaration {
  return {
    name: DETECTOR,
    origin: 'built-in',
    protocol: 'nodedoctor.v1',
    socket: '',
    version,
    description: 'Watches the monitors, the configuration and the bus.',
    conditionTypes: new Map(DETECTOR_CONDITIONS.map((type) => [type.type, type])),
    eventReasons: new Map(DETECTOR_EVENTS.map((reason) => [reason.reason, reason])),
    checks: [],
    open: false,
  }
}

export interface OwnReports {
  report(more: Partial<Report>): Report
  ofEvent(happened: OwnEvent): Report
}

/** @param incarnation of this life of the detector, by which its events are told from an earlier one's */
export function createOwnReports(incarnation: number, clock: Clock): OwnReports {
  let sequence = 0

  function report(more: Partial<Report>): Report {
    sequence++
    return {
      incarnation: 0,
      sequence,
      time: clock.now(),
      observations: [],
      events: [],
      metrics: [],
      runs: [],
      withdrawn: [],
      complete: [],
      ...more,
    }
  }

  return {
    report,
    ofEvent(happened) {
      const wall = clock.now()
      const id = `${DETECTOR}-${incarnation}-${sequence + 1}`
      const event = { ...happened, id, monitor: DETECTOR, check: '', firstSeen: wall, lastSeen: wall, count: 1 }
      return report({ events: [event] })
    },
  }
}
