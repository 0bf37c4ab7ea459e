/** What is told to the cluster as events at all. Pure. */
import type { K8sExporterConfig } from '../config.ts'
import type { NpdSource } from './render.ts'
import type { EventSender } from './sender.ts'

/** Who is given what came from the bus. */
export type Teller = Pick<EventSender, 'event' | 'problem' | 'repair' | 'missed'>

/** Of what files of node-problem-detector say their own events tell; what was missed, the metric `kube_missed_total`. */
export function withinScope(
  scope: K8sExporterConfig['kubernetes']['scope'],
  sender: Teller,
  npdSource: NpdSource,
): Teller {
  if (scope === 'all') return sender
  return {
    event: async (event) => (npdSource(event) === undefined ? undefined : sender.event(event)),
    problem: async () => undefined,
    repair: async () => undefined,
    missed: () => undefined,
  }
}
