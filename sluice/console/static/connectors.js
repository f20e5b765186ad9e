// View Connectors.
export const title = "Connectors";

export function show(_container, _names, _signal) {}
