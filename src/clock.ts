/** Gives the present instant. A parameter wherever time matters, so that tests choose it. */
export type Clock = () => Date;
