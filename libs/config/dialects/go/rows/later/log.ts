/** Proposed keys of `custom-logpattern`, which no monitor serves: what they ask for is written as rules of a log's check today. */
import { type Row, refused, renamed, type Section, works } from '../../types.ts'
import { FOUND } from '../system.ts'

const ANY_TIME = { why: 'a log is read when a line comes', instead: 'nothing is to be written for that' }

const patterns: readonly Row[] = [
  works('patterns[].name', 'disk-error'),
  works('patterns[].regex', 'I/O error'),
  works('patterns[].severity', 'error'),
  works('patterns[].description', 'A disk fails'),
  works('patterns[].source', 'kmsg'),
  renamed('patterns[].pattern', 'patterns[].regex', ['I/O error']),
  works('useDefaults', true),
  works('checkKmsg', true),
  refused('kmsgPath', '/host/dev/kmsg', FOUND, ['/dev/kmsg']),
  works('checkKernelJournal', true),
  works('checkJournal', true),
  works('journalUnits[]', 'kubelet'),
  works('maxEventsPerPattern', 10),
  works('dedupWindow', '5m'),
  renamed('useDefaultPatterns', 'useDefaults', [true]),
  renamed('maxMatchesPerPattern', 'maxEventsPerPattern', [10]),
  refused('checkInterval', '30s', ANY_TIME),
  refused('logBufferSize', 1000, ANY_TIME),
]

/** Scope: `config` of the type. */
export const LOG_SECTIONS: readonly Section[] = [
  { title: '3.4.19 custom-logpattern', types: ['custom-logpattern', 'custom-logpattern-check'], rows: patterns },
]
