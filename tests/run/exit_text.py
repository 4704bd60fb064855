# SystemExit with a text goes to standard error, status 1.
import sys
try:
    sys.exit("good bye")
finally:
    print("finally runs")
