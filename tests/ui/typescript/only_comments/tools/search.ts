// To be written. //~ P0515
