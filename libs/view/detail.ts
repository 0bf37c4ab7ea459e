/** The detail of a word in words for people: what is to be done, and what the thing is called. */
import { type Action, cleanText, type Detail, MAX_SUBJECT } from '#model'

/** How each action is called, as it stands in a sentence. */
export const ACTION_WORDS = {
  'check-application': 'check the application',
  'restart-service': 'restart the service',
  'reset-device': 'reset the device',
  'reboot-node': 'reboot the node',
  'replace-hardware': 'replace the hardware',
  'contact-support': 'contact support',
} as const satisfies Record<Action, string>

/** Stands beside what is told and never acted on. */
export const OBSERVED_ONLY = 'It is told only: nothing acts on it by itself.'

/** Detail of a condition or a problem as people are shown it; each is there only where something is said. */
export interface DetailView {
  readonly action?: Action
  readonly observeOnly?: true
  /** What stands in place of the entity: "GPU 3, H200". */
  readonly subject?: string
}

/** Detail as it is shown: clean, and without what nobody said. */
export function renderDetail({ action, observeOnly, subject }: Detail): DetailView {
  const name = subject === undefined ? '' : cleanText(subject, MAX_SUBJECT)
  return {
    ...(action === undefined ? {} : { action }),
    ...(observeOnly ? { observeOnly } : {}),
    ...(name === '' ? {} : { subject: name }),
  }
}

/** What is to be done, in words: "replace the hardware". Empty where nothing is known. */
export function actionWords({ action }: Detail): string {
  return action === undefined ? '' : ACTION_WORDS[action]
}

/** A thing as people call it, with the entity that a command takes behind it: "GPU 3, H200 (gpu:GPU-3f7a)". */
export function subjectWords(subject: string | undefined, entity: string): string {
  if (subject === undefined || subject === entity) return entity
  return entity === '' ? subject : `${subject} (${entity})`
}
