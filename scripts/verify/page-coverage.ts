/** Set: which lines of the page its tests run is counted, and held against what is wanted. */
export const PAGE_COVERAGE_VARIABLE = 'NODE_DOCTOR_PAGE_COVERAGE'
