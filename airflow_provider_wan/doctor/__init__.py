"""`airflow wan doctor`: what the service a connection leads to really does, found out by calls that cost nothing.

`rounds` asks and `asking` sends; all other modules only judge what was heard.
"""
