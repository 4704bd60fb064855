# SystemExit with a status.
print("leaving")
raise SystemExit(7)
