/** The detail that a word on a condition carries: alike in an observation, a condition and a problem. */
import { ACTIONS, type Action, type Detail } from '#model'
import * as pb from '#proto/nodedoctor/v1/types.ts'

const actionNumbers = {
  'check-application': pb.Action.CHECK_APPLICATION,
  'restart-service': pb.Action.RESTART_SERVICE,
  'reset-device': pb.Action.RESET_DEVICE,
  'reboot-node': pb.Action.REBOOT_NODE,
  'replace-hardware': pb.Action.REPLACE_HARDWARE,
  'contact-support': pb.Action.CONTACT_SUPPORT,
} as const satisfies Record<Action, pb.Action>
const actionWords: ReadonlyMap<number, Action> = new Map(ACTIONS.map((action) => [actionNumbers[action], action]))

type ProtoDetail = Pick<pb.Observation, 'action' | 'observeOnly' | 'subject'>

/** Writes the detail of a word; what is not said is the protocol's default. */
export function toProtoDetail({ action, observeOnly, subject }: Detail): ProtoDetail {
  return {
    action: action === undefined ? pb.Action.UNSPECIFIED : actionNumbers[action],
    observeOnly: observeOnly ?? false,
    subject: subject ?? '',
  }
}
/** Reads the detail of a word. An action that this reader does not know is none. */
export function fromProtoDetail({ action, observeOnly, subject }: ProtoDetail): Detail {
  return {
    action: actionWords.get(action),
    observeOnly: observeOnly || undefined,
    subject: subject === '' ? undefined : subject,
  }
}

/** What of observations this reader does not know, each in words for the monitor's author, and each once. */
export function strangeIn(observations: readonly pb.Observation[]): readonly string[] | undefined {
  const strange = observations.filter(({ action }) => action !== pb.Action.UNSPECIFIED && !actionWords.has(action))
  if (strange.length === 0) return undefined
  const words = strange.map(({ type, action }) => `condition ${type} names action ${action}, which is not known here`)
  return [...new Set(words)]
}
