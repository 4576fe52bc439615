# A program that wants something else than it is given.
echo "usage: shop --stdio" >&2
exit 2
