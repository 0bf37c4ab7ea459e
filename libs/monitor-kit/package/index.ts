/** The package `@node-doctor/monitor-kit`: a monitor of somebody else's, as a plug-in of Node Doctor. */
export { defineMonitor } from '../define.ts'
export {
  CheckHangsError,
  CheckTimedOutError,
  CursorError,
  DeclarationError,
  DefinitionError,
  FollowEndedError,
  StateFolderError,
  ToldAheadError,
  TooManyConditionsError,
  UndeclaredError,
} from '../errors.ts'
export { createLook, type LookParts } from '../look.ts'
export type {
  CheckContext,
  CheckDefinition,
  CheckMemory,
  CheckResult,
  ClearedWord,
  EventSpec,
  Finding,
  FlagEffect,
  Follow,
  FollowContext,
  Happening,
  MetricSpec,
  MonitorDefinition,
  MonitorFlag,
  Recovery,
  RunCheck,
  SharedContext,
  Tell,
  TellOptions,
} from '../types.ts'
export { defineCheck, type PluginCheck, type PluginCondition, type PluginDeclaration } from './define.ts'
export { type CheckOptions, type ServeOptions, serveMonitor } from './serve.ts'
