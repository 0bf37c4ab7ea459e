/** What the command line loads to hold rules against a saved log (`dist/rehearsal.late.mjs`): the engines of the checks themselves. */
import type { CreateRehearsal } from '#log-rules'
import { rehearseNpd } from './rehearsal/npd.ts'
import { rehearseRules } from './rehearsal/rules.ts'

export const createRehearsal: CreateRehearsal = (check, now) =>
  check.type === 'npd-log' ? rehearseNpd(check, now) : rehearseRules(check, now)
