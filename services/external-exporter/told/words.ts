/** Words and names as an exporter from outside is told them. Pure. */
import { compareSeverity, entityName, type Severity } from '#model'
import { Severity as ToldSeverity } from '#proto/npd/external/v1/external_monitor.ts'

/** Who says what no monitor says. */
export const OURS = 'node-doctor'

/** The protocol knows two severities; the whole one stands in the context. */
export function severityOf(severity: Severity): ToldSeverity {
  return compareSeverity(severity, 'warning') >= 0 ? ToldSeverity.WARN : ToldSeverity.INFO
}

interface About {
  readonly entity: string
  readonly subject?: string | undefined
}

/** The protocol knows no entities: what a text is about stands before it, unless it says that itself. Always a text that UTF-8 can say. */
export function aboutText({ entity, subject }: About, text: string): string {
  const whole = text.toWellFormed()
  const name = (subject ?? entityName(entity)).toWellFormed()
  return (entity === '' && subject === undefined) || whole.includes(name) ? whole : `${name}: ${whole}`
}
