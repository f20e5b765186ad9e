// View Dead letters.
export const title = "Dead letters";

export function show(_container, _names, _signal) {}
