"""Plans: which planning models there are, what they are asked, what they answered before."""
