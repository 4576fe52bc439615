export let limit = 1;
