/** For tests: a copy of the table with one exporter more, as whoever writes one would add it. */
import { SERVICES } from './table.ts'
import type { ServiceTable } from './types.ts'

export const NEW_EXPORTER = 'letter-exporter'

export const WITH_NEW_EXPORTER: ServiceTable = {
  ...SERVICES,
  [NEW_EXPORTER]: {
    kind: 'exporter',
    serves: 'nodedoctor.v1.Exporter',
    bus: {
      role: 'reader',
      streams: ['PROBLEMS'],
      buckets: ['node_conditions'],
      writes: [],
      tellsMetricsTo: ['http-exporter'],
    },
    switches: ['exporters.letter.enabled'],
    stopOrder: 1,
    needs: [],
    runFolders: [],
    stateFolders: ['letter-exporter'],
    standing: { built: true, uid: 65_188 },
  },
}
