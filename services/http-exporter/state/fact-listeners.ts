/**
 * Where each fact of the node goes: to the state, which says what is, to the history, which says what was, and a monitor's runs to
 * their durations.
 */
import type { MonitorState, NodeCondition, Problem } from '#model'
import type { FactListener } from '#node-feed'
import type { History } from '../history/history.ts'
import type { Durations } from '../metrics/durations.ts'
import type { NodeState } from './node-state.ts'

/** Conditions are shown and remembered; one that is gone ends in the history. */
export function conditionListener(
  { conditions }: Pick<NodeState, 'conditions'>,
  history: Pick<History, 'conditions' | 'condition' | 'conditionGone'>,
): FactListener<NodeCondition> {
  return {
    anew(facts) {
      conditions.replace(facts)
      history.conditions([...facts.values()])
    },
    put(condition, key) {
      conditions.put(key, condition)
      history.condition(condition)
    },
    gone(condition, key) {
      conditions.delete(key)
      history.conditionGone(condition)
    },
  }
}

/** Problems are shown and remembered; one that is gone was resolved before, and stays in the history. */
export function problemListener(
  { problems }: Pick<NodeState, 'problems'>,
  history: Pick<History, 'problem'>,
): FactListener<Problem> {
  return {
    anew(facts) {
      problems.replace(facts)
      for (const problem of facts.values()) history.problem(problem)
    },
    put(problem, key) {
      problems.put(key, problem)
      history.problem(problem)
    },
    gone: (_, key) => problems.delete(key),
  }
}

/** @param forget called with the name of a monitor that no longer answers, or is gone: what it said last is no news */
export function monitorListener(
  { monitors }: Pick<NodeState, 'monitors'>,
  durations: Durations,
  forget: (monitor: string) => void,
): FactListener<MonitorState> {
  return {
    anew(facts) {
      monitors.replace(facts)
      for (const monitor of facts.values()) durations.saw(monitor)
    },
    put(monitor, key) {
      monitors.put(key, monitor)
      durations.saw(monitor)
      if (monitor.health === 'unreachable') forget(monitor.name)
    },
    gone(monitor, key) {
      monitors.delete(key)
      forget(monitor.name)
    },
  }
}
