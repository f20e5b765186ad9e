// View Data.
export const title = "Data";

export function show(_container, _names, _signal) {}
